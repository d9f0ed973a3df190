analyze {{version}}
