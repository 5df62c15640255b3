"""The whole night: writing, training, gate, publication; its subprocess and its report."""
