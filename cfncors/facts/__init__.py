"""What the rules ask of a model, above the model itself and below the rules."""
