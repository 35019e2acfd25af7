"""The elements of an HTML page, for assertions."""

import html.parser


class Outline(html.parser.HTMLParser):
  """Checks that tags are closed in order; collects attributes and text."""

  VOID = {'meta', 'img', 'br', 'input'}

  def __init__(self, text):
    super().__init__()
    self.open, self.tags, self.words = [], [], []
    self.feed(text)
    self.close()
    assert self.open == []

  def handle_starttag(self, tag, attrs):
    self.tags.append((tag, dict(attrs)))
    if tag not in self.VOID:
      self.open.append(tag)

  def handle_endtag(self, tag):
    assert self.open.pop() == tag

  def handle_data(self, data):
    if data.strip() and self.open and self.open[-1] != 'style':
      self.words.append(data.strip())

  def all(self, tag):
    return [attrs for name, attrs in self.tags if name == tag]
