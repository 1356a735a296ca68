"""The field app as an installable PWA: building it (`build_pwa`) and serving it (`mount_pwa`)."""
