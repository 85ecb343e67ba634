"""Arrays and records in; plotly and matplotlib figures, HTML, notebooks and the bytes of the point view out."""
