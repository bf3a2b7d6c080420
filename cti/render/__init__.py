"""From the site, the agents' phones and templates to the files, prompts and music that Asterisk reads."""
