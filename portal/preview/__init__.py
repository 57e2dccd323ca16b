"""The Partner Portal Preview: the whole portal on made-up data, on one machine, with nothing to configure."""
