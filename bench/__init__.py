"""What is measured, side by side with peers: `./run bench NAME [--quick] [--json]`. Results stand in RESULTS.md.

A measurement is a module with `main(arguments: list[str]) -> int`. Nothing here is part of the product.
"""
