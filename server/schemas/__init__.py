"""Requests and answers as types: what is sent is checked by them, and the OpenAPI document is made of them."""

__all__: list[str] = []
