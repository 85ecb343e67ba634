"""The screen Glossary."""
