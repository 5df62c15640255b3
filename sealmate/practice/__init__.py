"""The writer's schooling: slotted notes, lessons, warm-up and the outer loop."""
