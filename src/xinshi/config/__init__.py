"""The top floor: settings, URLs, subscriptions, the command line, the server. The only room that knows everybody."""
