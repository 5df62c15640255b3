"""The terminal UI: chat, versions, sources and the morning report, over injected services."""
