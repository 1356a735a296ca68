"""What bench_pwa runs in the browser in place of the app."""
