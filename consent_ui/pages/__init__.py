"""The patient at home: one module per page, guard, load, decide, render."""
