"""What is known about an IOC offline: reserved ranges, registered domains."""
