"""The terminal toolkit: shell, driver, painter, grid, form, dialogs."""
