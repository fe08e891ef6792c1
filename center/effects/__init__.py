"""What each business does to accounts, once its rows are checked."""
