"""Documents as Liquid templates and PDF. Knows neither ERPNext nor the database: it is given plain values."""
