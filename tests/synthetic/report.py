"""Detection quality by seed: python -m tests.synthetic.report [--seeds 11 12 …] [--dealers 300] [--items
40]."""

from __future__ import annotations

import argparse

from tests.synthetic.network import Size, make_network
from tests.synthetic.quality import alarm_quality, effect_quality, figures_of, list_quality

_SHIFTED = (1 / 6, 1.0, 1.0, 1.0, 5.0)


def main() -> None:
    """Print one line per seed and volume."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[11, 12, 13, 14])
    parser.add_argument("--dealers", type=int, default=300)
    parser.add_argument("--items", type=int, default=40)
    parser.add_argument("--months", type=int, default=18)
    chosen = parser.parse_args()
    print(
        "volume seed | prec rec | pooled prec rec | cover | MAE pooled | Brier | bin | FDR .05 .10 .20 | "
        "alarm rec false/1000 delay | flat improved | helped improved"
    )
    for name, volume, shares in (("1.0", 1.0, (1.0,) * 5), ("0.3", 0.3, (1.0,) * 5), ("mix", 1.0, _SHIFTED)):
        for seed in chosen.seeds:
            size = Size(chosen.dealers, chosen.items, chosen.months, volume, shares)
            network = make_network(seed, size)
            figures = figures_of(network)
            q = list_quality(figures, network.theta)
            a, e = alarm_quality(figures, network), effect_quality(figures, network)
            fdr = " ".join(f"{realised:.3f}" for _, realised in q.realised_fdr)
            columns = (
                f"{name} {seed}",
                f"{q.precision:.3f} {q.recall:.3f}",
                f"{q.pooled_precision:.3f} {q.pooled_recall:.3f}",
                f"{q.coverage:.3f}",
                f"{q.mean_error:.4f} {q.pooled_error:.4f}",
                f"{q.brier:.4f}",
                f"{q.worst_bin:.3f}",
                fdr,
                f"{a.recall:.3f} {a.false_per_1000:.2f} {a.delay:.1f} ({a.confirmed_true}/{a.confirmed})",
                f"{e.flat_improved:.3f} of {e.flat}",
                f"{e.helped_improved:.3f} of {e.helped}",
            )
            print(" | ".join(columns))


if __name__ == "__main__":
    main()
