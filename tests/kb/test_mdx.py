"""MDX and the dialects of Markdown that documentation generators write."""

import re

import pytest

from kb.importing import markdown
from kb.importing.document import UnreadableDocument
from kb.importing.formats import entries
from kb.importing.markdown_dialects import without_dialects
from kb.importing.mdx import without_jsx

PAGE = """---
title: Install
slug: /install
description: How to install it
---
import Tabs from '@theme/Tabs';
import {
  One,
  Two,
} from './x';

export const Highlight = ({children, color}) => (
  <span style={{color}}>{children}</span>
);

Use <Highlight color="#25c2a0">the green</Highlight> button. {/* a comment */}

<Tabs groupId="os" items={["a > b"]}>
  <TabItem value="mac" label="macOS">

Run `brew install {name}` and <kbd>Enter</kbd>.

  </TabItem>
</Tabs>

<Card title='Next steps' href="/next" onClick={() => { go("x > y"); }}>Read on.</Card>
<Image src={require("./x.png").default} />
<></>

```jsx
import React from 'react';
<Button onClick={() => {}}>Save</Button>
```

It costs {"5"} and \\{not this\\}; a < b and 1 < 2.
"""


def test_components_go_and_their_text_stays():
    (entry,) = entries(PAGE.encode(), "install.mdx")
    document = entry.read()
    assert document.title == "Install"
    assert document.text == (
        "Use the green button.\n\n"
        "**macOS**\n\n"
        "Run `brew install {name}` and `Enter`.\n\n"
        "**Next steps**\n\n"
        "Read on.\n\n"
        "```\nimport React from 'react';\n<Button onClick={() => {}}>Save</Button>\n```\n\n"
        "It costs 5 and {not this}; a < b and 1 < 2."
    )


def test_a_markdown_file_keeps_braces_and_words_like_import():
    text = "# T\n\nimport the file {name} first.\n\nexport it."
    assert markdown.read(text, name="a.md").text == "import the file {name} first.\n\nexport it."


@pytest.mark.parametrize(
    "text",
    [
        "<Tabs",
        "<Tabs items={",
        "{" * 50_000,
        "<A " * 50_000,
        "<A {" * 50_000,
        "{}" * 5_000,
        "`" * 999,
        "import",
        "\\",
    ],
)
def test_broken_jsx_is_read_in_bounded_time(text):
    assert isinstance(without_jsx(text), str)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (":::note\n\nBack up first.\n\n:::", "**Note**\n\nBack up first."),
        (":::tip Do this\nWords\n:::", "**Do this**\n\nWords"),
        (":::warning[My title]\nWords\n:::", "**My title**\n\nWords"),
        ('!!! note "Mind"\n    Words\n\n    - item\nafter', "**Mind**\n\nWords\n\n- item\nafter"),
        ("??? danger\n    Words", "**Danger**\n\nWords"),
        ("> [!NOTE]\n> Words", "> **Note**\n>\n> Words"),
        ("## Title {#my-id}", "## Title"),
        ("{: .class}\nWords {{< ref >}}x", "Words x"),
        ("```\n:::note\n{: .x}\n```", "```\n:::note\n{: .x}\n```"),
    ],
)
def test_admonitions_and_attributes(text, expected):
    assert re.sub(r"\n{3,}", "\n\n", without_dialects(text)).strip() == expected


@pytest.mark.parametrize(
    ("head", "field", "value"),
    [
        ("+++\ntitle = 'T'\nlang = \"fa\"\n+++\n", "lang", "fa"),
        ("+++\ntitle = 'T'\ndraft = true\n+++\n", "state", "draft"),
        ("---\ntitle: T\ndraft: true\n---\n", "state", "draft"),
        ("---\ntitle: T\npublished: false\n---\n", "state", "draft"),
        ("---\ntitle: T\nstatus: archived\n---\n", "state", "archived"),
        ("---\ntitle: T\n---\n", "state", "published"),
        ("---\ntitle: T\nvisibility: internal\n---\n", "visibility", "internal"),
        ("---\ntitle: T\nvisibility: agents\n---\n", "visibility", "internal"),
        ("---\ntitle: T\nvisibility: Public\n---\n", "visibility", "public"),
        ("---\ntitle: T\ncanonical_url: https://a.example/x\n---\n", "url", "https://a.example/x"),
        ("---\nTitle: T\nslug: /x\nid: my-id\n---\n", "external_id", "my-id"),
    ],
)
def test_front_matter_gives_fields(head, field, value):
    document = markdown.read(f"{head}\nWords", name="a.md")
    assert (document.title, document.text) == ("T", "Words")
    assert getattr(document, field) == value


def test_a_page_of_front_matter_alone_has_its_description():
    text = "---\ntitle: T\ndescription: What it is.\n---\n"
    assert markdown.read(text, name="a.md").text == "What it is."


def test_broken_toml_is_refused():
    with pytest.raises(UnreadableDocument, match="TOML"):
        markdown.read("+++\ntitle = \n+++\nx", name="a.md")
