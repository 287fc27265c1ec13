"""Euthymia runs the treatment of depression with ketamine, with a pharmacometric engine inside."""
