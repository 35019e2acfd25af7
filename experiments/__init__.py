"""The paper's tables as recipes, with numbers expected and measured."""
