"""The rules made readable, and safe to change: pages, an explanation for staff, commands for editors."""
