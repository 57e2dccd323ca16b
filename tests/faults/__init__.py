"""What breaks outside the portal, and what is lost then: nothing."""
