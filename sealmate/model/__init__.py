"""Language models behind one protocol; importing this package loads no torch."""

import logging

# On some CPUs bitsandbytes looks for kernels it would fetch from the hub, and reports at import
# that it did not find them. They are not wanted here (code is never fetched at run time), and
# peft imports bitsandbytes too, so this must be said before either comes in.
logging.getLogger("bitsandbytes.backends.cpu.ops").setLevel(logging.ERROR)
