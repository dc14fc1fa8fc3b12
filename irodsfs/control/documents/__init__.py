"""The documents of requests and answers: their fields in JSON, and how those lie in XML."""
