"""Pictures that a build makes: smaller copies of images, and cards for who links to a page.

Comes in: an image file, or what a page says of itself. Goes out: bytes. What will be made, under
which name, is known without Pillow; it is imported where something is made.
"""
