//! Texts of a package as HTML.

use pulldown_cmark::{CowStr, Event, Options, Parser, Tag, TagEnd, html};

/// A text that shows itself, in elements and in attributes.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // What would turn the direction of the text around it, or has no glyph.
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {}
            c if c.is_control() && c != '\n' && c != '\t' => {}
            c => out.push(c),
        }
    }
    out
}

/// Markdown. HTML in it is shown as it is written, an image as its description, and a link only leads to the web or into
/// the page.
pub(super) fn markdown(text: &str) -> String {
    let clean: String = text.chars().filter(|c| !c.is_control() || *c == '\n' || *c == '\t').collect();
    let mut links = Vec::new();
    let events = Parser::new_ext(&clean, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH);
    let safe = events.filter_map(|event| match event {
        Event::Html(code) | Event::InlineHtml(code) => Some(Event::Text(code)),
        Event::Start(Tag::Image { .. }) | Event::End(TagEnd::Image) => None,
        Event::Start(Tag::Link { ref dest_url, .. }) => {
            let safe = leads_somewhere(dest_url);
            links.push(safe);
            safe.then_some(event)
        }
        Event::End(TagEnd::Link) => links.pop().unwrap_or_default().then_some(event),
        // Headings of a text stand below the heading of what it is about.
        Event::Start(Tag::HtmlBlock | Tag::Heading { .. }) => Some(Event::Start(Tag::Paragraph)),
        Event::End(TagEnd::HtmlBlock | TagEnd::Heading(_)) => Some(Event::End(TagEnd::Paragraph)),
        Event::Start(Tag::CodeBlock(_)) => {
            Some(Event::Start(Tag::CodeBlock(pulldown_cmark::CodeBlockKind::Fenced(CowStr::Borrowed("")))))
        }
        other => Some(other),
    });
    let mut out = String::new();
    html::push_html(&mut out, safe);
    out
}

fn leads_somewhere(url: &str) -> bool {
    ["https://", "http://", "#"].iter().any(|start| url.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_becomes_elements() {
        let html = markdown(
            "Builds *it* with `cc < 2`.\n\n- a\n- [b](https://example.com)\n\n```pipe\nlet a = 1 < 2\n```\n",
        );
        assert!(html.contains("<em>it</em> with <code>cc &lt; 2</code>"), "{html}");
        assert!(html.contains("<li><a href=\"https://example.com\">b</a></li>"), "{html}");
        assert!(html.contains("let a = 1 &lt; 2"), "{html}");
    }

    /// No text makes an element, an attribute or a link that this module did not choose.
    #[test]
    fn hostile_texts_are_shown() {
        const HOSTILE: &[&str] = &[
            "<script>alert(1)</script>",
            "a <img src=x onerror=alert(1)> b",
            "<div>\n<script>\nalert(1)\n</script>\n</div>",
            "<!-- --><svg onload=alert(1)>",
            "[a](javascript:alert(1))",
            "[a](JaVaScRiPt:alert(1)) and [b](data:text/html,x) and [c](//evil.example/x)",
            "![a](https://evil.example/pixel.png)",
            "<https://a.example/\"onclick=alert(1)>",
            "[a](https://a.example/\"onclick=\"alert(1))",
            "```\"><script>alert(1)</script>\nx\n```",
            "`</code><script>alert(1)</script>`",
            "# </h3><script>alert(1)</script>",
            "| a |\n|---|\n| <script>alert(1)</script> |",
            "[a]: javascript:alert(1)\n\n[a]",
            "\u{202e}<b>",
        ];
        for text in HOSTILE {
            let html = markdown(text);
            for bad in [
                "<script",
                "<img",
                "<svg",
                "<div",
                "<b>",
                "href=\"java",
                "href=\"data",
                "href=\"//",
                "src=\"",
            ] {
                assert!(!html.to_lowercase().contains(bad), "{text:?} gives {html}");
            }
            let tags = html.split('<').skip(1).map(|tag| tag.split('>').next().unwrap_or_default());
            for tag in tags {
                assert!(
                    !tag.contains("onclick") || tag.contains("&quot;onclick") || tag.contains("%22onclick"),
                    "{html}"
                );
            }
        }
        assert_eq!(
            escape("<a href='x' b=\"&\">\u{202e}\u{7}"),
            "&lt;a href=&#39;x&#39; b=&quot;&amp;&quot;&gt;"
        );
    }
}
