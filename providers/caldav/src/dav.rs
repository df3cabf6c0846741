//! One `response` of a multistatus (RFC 4918 section 14.24).

use kalends_kit::{Element, Ns, Scheme, Url, same_site};

/// What a server says of one resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Member {
    /// Its path, in one spelling.
    pub(crate) path: String,
    /// The status of the resource itself, where one is given. A property that is missing says
    /// nothing of the resource.
    pub(crate) status: Option<u16>,
    /// The properties that it has.
    pub(crate) properties: Vec<Element>,
    /// Whether some text was not UTF-8.
    pub(crate) damaged: bool,
}

impl Member {
    /// Reads a tree of a multistatus that `url` answered; `None` where it is no `response` or names
    /// nothing.
    pub(crate) fn read(url: &Url, tree: Element) -> Option<Self> {
        if !tree.is(Ns::Dav, "response") {
            return None;
        }
        let href = tree.child(Ns::Dav, "href").filter(|href| !href.damaged)?;
        let path = url.join_path(href.trimmed()).ok()?;
        let status = tree.child(Ns::Dav, "status").and_then(|status| status_code(status.trimmed()));
        let damaged = tree.damaged;
        let mut properties = Vec::new();
        for part in tree.children {
            if !part.is(Ns::Dav, "propstat") {
                continue;
            }
            let code = part.child(Ns::Dav, "status").and_then(|s| status_code(s.trimmed()));
            if code.is_none_or(|code| (200..300).contains(&code)) {
                let props = part.children.into_iter().filter(|c| c.is(Ns::Dav, "prop"));
                properties.extend(props.flat_map(|prop| prop.children));
            }
        }
        Some(Self { path, status, properties, damaged })
    }

    /// A property that it has.
    pub(crate) fn property(&self, ns: Ns, name: &str) -> Option<&Element> {
        self.properties.iter().find(|property| property.is(ns, name))
    }

    /// The text of a property, where it has any.
    pub(crate) fn text(&self, ns: Ns, name: &str) -> Option<&str> {
        self.property(ns, name).map(Element::trimmed).filter(|text| !text.is_empty())
    }

    /// Whether the resource is there, as far as its own status says.
    pub(crate) fn is_there(&self) -> bool {
        self.status.is_none_or(|status| (200..300).contains(&status))
    }

    /// Whether its own status says that it is not there.
    pub(crate) fn is_gone(&self) -> bool {
        matches!(self.status, Some(404 | 410))
    }

    /// Whether its own status says that we are not let in.
    pub(crate) fn is_forbidden(&self) -> bool {
        matches!(self.status, Some(401 | 403))
    }

    /// Whether its type holds this element.
    pub(crate) fn is_type(&self, ns: Ns, name: &str) -> bool {
        self.property(Ns::Dav, "resourcetype").is_some_and(|kinds| kinds.child(ns, name).is_some())
    }

    /// What the hrefs in a property mean, in an answer of `url` to what was asked for `given`.
    /// Credentials will be sent there: those that lead to another site than these are left out, and those that name plain http where we came by TLS are read as
    /// TLS, as servers behind a proxy do not know better.
    pub(crate) fn hrefs(&self, (given, url): (&Url, &Url), ns: Ns, name: &str) -> Vec<Url> {
        let Some(property) = self.property(ns, name) else { return Vec::new() };
        let hrefs = property.all(Ns::Dav, "href");
        let places = hrefs.filter_map(|href| url.join(href.trimmed()).ok());
        places
            .filter(|place| same_site(given, place) || same_site(url, place))
            .filter_map(|place| match (url.scheme(), place.scheme()) {
                (Scheme::Https, Scheme::Http) if place.host() == url.host() => {
                    Some(url.with_path(place.path()))
                }
                (Scheme::Https, Scheme::Http | Scheme::File) | (Scheme::Http, Scheme::File) => None,
                (Scheme::Https | Scheme::Http | Scheme::File, _) => Some(place),
            })
            .collect()
    }
}

fn status_code(line: &str) -> Option<u16> {
    line.split_whitespace()
        .filter(|word| word.len() == 3)
        .find_map(|word| word.parse().ok())
        .filter(|code| (100..600).contains(code))
}

#[cfg(test)]
mod tests {
    use kalends_kit::{XmlLimits, XmlReader};

    use super::*;

    #[test]
    fn hrefs_lead_to_no_other_site_and_to_no_less_safety() {
        let property = |href: &str| {
            let mut reader = XmlReader::new(XmlLimits::default());
            let text = format!("<m xmlns='DAV:'><x><href>{href}</href></x></m>");
            reader.push(text.as_bytes());
            let member = Member {
                path: "/".into(),
                status: None,
                properties: vec![reader.next_tree().unwrap().unwrap()],
                damaged: false,
            };
            let given = Url::parse("https://dav.example.org/").unwrap();
            let url = Url::parse("https://p1.dav.example.org/").unwrap();
            member.hrefs((&given, &url), Ns::Dav, "x").first().map(Url::to_string)
        };
        for (href, leads) in [
            ("/a/", Some("https://p1.dav.example.org/a/")),
            ("https://p2.dav.example.org/a/", Some("https://p2.dav.example.org/a/")),
            ("https://dav.example.org/a/", Some("https://dav.example.org/a/")),
            ("http://p1.dav.example.org:8080/a/", Some("https://p1.dav.example.org/a/")),
            ("http://p2.dav.example.org/a/", None),
            ("https://www.example.org/a/", None),
            ("https://evil.example.com/a/", None),
            ("file:///a/", None),
        ] {
            assert_eq!(property(href).as_deref(), leads, "{href}");
        }
    }

    #[test]
    fn status_lines_of_any_form_are_read() {
        assert_eq!(status_code("HTTP/1.1 404 Not Found"), Some(404));
        assert_eq!(status_code("HTTP/2 200"), Some(200));
        assert_eq!(status_code("507"), Some(507));
        assert_eq!(status_code("fine"), None);
    }
}
