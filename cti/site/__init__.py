"""What the telephony admin wrote: site.yaml read, checked and held as frozen values."""
