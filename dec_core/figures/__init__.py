"""Arrays and records in, plotly figures (and the bytes of the point view) out."""
