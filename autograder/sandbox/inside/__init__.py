"""What runs inside the sandbox; nothing outside it trusts a word of what comes from here."""
