"""The memory: what people did and what is wanted. The only package that knows SQLModel."""
