grant {{role}} to {{login}}
