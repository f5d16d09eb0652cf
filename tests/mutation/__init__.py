"""Mutation: faults put into right templates, one at a time, with the rule and the place that must speak of each."""
