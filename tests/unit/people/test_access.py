"""Roles and scopes."""

from __future__ import annotations

from shared_models.people import Access, GrantView, Role, ScopeKind


def test_a_grant_reaches_its_dealer_its_region_or_the_company_and_nothing_else() -> None:
    manager = Access.of("p", [GrantView(Role.MANAGER, ScopeKind.REGION, "north")])
    assert manager.reaches([Role.MANAGER], dealer_id="d1", region_id="north")
    assert not manager.reaches([Role.MANAGER], dealer_id="d1", region_id="south")
    assert not manager.reaches([Role.HQ], dealer_id="d1", region_id="north")
    owner = Access.of("p", [GrantView(Role.OWNER, ScopeKind.DEALER, "d1")])
    assert owner.reaches([Role.OWNER], dealer_id="d1", region_id="north")
    assert not owner.reaches([Role.OWNER], dealer_id="d2", region_id="north")
    hq = Access.of("p", [GrantView(Role.HQ, ScopeKind.COMPANY)])
    assert hq.reaches([Role.HQ], dealer_id="any", region_id="any")
    assert hq.whole_company(Role.HQ)


def test_a_role_in_one_scope_does_not_widen_another_role() -> None:
    both = Access.of(
        "p", [GrantView(Role.SHOPPER, ScopeKind.COMPANY), GrantView(Role.OWNER, ScopeKind.DEALER, "d1")]
    )
    assert not both.reaches([Role.OWNER], dealer_id="d2", region_id="north")
    assert both.dealers(Role.OWNER) == {"d1"}
    assert both.regions(Role.OWNER) == frozenset()


def test_equal_access_is_equal_in_any_order() -> None:
    one, two = GrantView(Role.OWNER, ScopeKind.DEALER, "a"), GrantView(Role.HQ, ScopeKind.COMPANY)
    assert Access.of("p", [one, two]) == Access.of("p", [two, one, two])
