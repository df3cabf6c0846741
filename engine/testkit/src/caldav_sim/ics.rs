//! The simulator's own small iCalendar reader and writer (RFC 5545 section 3.1): components and
//! content lines, nothing of their meaning.

/// One component with its lines and the components inside it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Component {
    pub(crate) name: String,
    pub(crate) lines: Vec<Line>,
    pub(crate) children: Vec<Self>,
}

/// One unfolded content line. Parameters and value are raw text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) name: String,
    pub(crate) params: Vec<(String, String)>,
    pub(crate) value: String,
}

impl Line {
    pub(crate) fn new(name: &str, value: &str) -> Self {
        Self { name: name.to_owned(), params: Vec::new(), value: value.to_owned() }
    }

    /// A parameter's value without its quotes.
    pub(crate) fn param(&self, name: &str) -> Option<&str> {
        let (_, value) = self.params.iter().find(|(known, _)| known == name)?;
        Some(value.trim_matches('"'))
    }

    fn write(&self) -> String {
        let mut out = self.name.clone();
        for (name, value) in &self.params {
            out.push_str(&format!(";{name}={value}"));
        }
        out.push(':');
        out.push_str(&self.value);
        fold(&out)
    }
}

impl Component {
    pub(crate) fn new(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }

    pub(crate) fn line(&self, name: &str) -> Option<&Line> {
        self.lines.iter().find(|line| line.name == name)
    }

    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        self.line(name).map(|line| line.value.as_str())
    }

    pub(crate) fn lines_named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Line> {
        self.lines.iter().filter(move |line| line.name == name)
    }

    pub(crate) fn children_named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The components that are calendar objects: all but time zones.
    pub(crate) fn objects(&self) -> impl Iterator<Item = &Self> {
        self.children.iter().filter(|child| child.name != "VTIMEZONE")
    }

    /// Calls `change` on each component, this one first.
    pub(crate) fn each(&mut self, change: &mut impl FnMut(&mut Self)) {
        change(self);
        for child in &mut self.children {
            child.each(change);
        }
    }

    /// Text with CRLF line ends, folded at 75 octets.
    pub(crate) fn write(&self) -> String {
        let mut out = format!("BEGIN:{}\r\n", self.name);
        for line in &self.lines {
            out.push_str(&line.write());
        }
        for child in &self.children {
            out.push_str(&child.write());
        }
        out.push_str(&format!("END:{}\r\n", self.name));
        out
    }
}

/// Reads one VCALENDAR. The error says why it is none.
pub(crate) fn read(text: &str) -> Result<Component, String> {
    let mut stack: Vec<Component> = Vec::new();
    let mut done: Option<Component> = None;
    for raw in unfold(text) {
        let line = read_line(&raw)?;
        match line.name.as_str() {
            "BEGIN" if done.is_some() => return Err("more than one object".to_owned()),
            "BEGIN" => stack.push(Component::new(&line.value.to_ascii_uppercase())),
            "END" => {
                let closed = stack.pop().ok_or("END without BEGIN")?;
                if !closed.name.eq_ignore_ascii_case(&line.value) {
                    return Err(format!("END:{} closes {}", line.value, closed.name));
                }
                match stack.last_mut() {
                    Some(parent) => parent.children.push(closed),
                    None => done = Some(closed),
                }
            }
            _ => {
                let inside = stack.last_mut().ok_or("a line outside of every component")?;
                inside.lines.push(line);
            }
        }
    }
    match done {
        Some(root) if !stack.is_empty() => Err(format!("{} holds what is not closed", root.name)),
        Some(root) if root.name == "VCALENDAR" => Ok(root),
        Some(root) => Err(format!("{} is no VCALENDAR", root.name)),
        None => Err("no complete VCALENDAR".to_owned()),
    }
}

/// Content lines without folds and empty lines.
pub(crate) fn unfold(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for piece in text.split('\n') {
        let piece = piece.strip_suffix('\r').unwrap_or(piece);
        match piece.strip_prefix([' ', '\t']) {
            Some(rest) => match lines.last_mut() {
                Some(line) => line.push_str(rest),
                None => lines.push(rest.to_owned()),
            },
            None if piece.is_empty() => {}
            None => lines.push(piece.to_owned()),
        }
    }
    lines
}

fn read_line(raw: &str) -> Result<Line, String> {
    let colon = unquoted(raw, ':').ok_or_else(|| format!("no colon in {raw:?}"))?;
    let mut head = &raw[..colon];
    let mut parts = Vec::new();
    while let Some(at) = unquoted(head, ';') {
        parts.push(&head[..at]);
        head = &head[at + 1..];
    }
    parts.push(head);
    let name = parts.remove(0).to_ascii_uppercase();
    if name.is_empty() || !name.chars().all(|char| char.is_ascii_alphanumeric() || char == '-') {
        return Err(format!("{name:?} is no property name"));
    }
    let params = parts.iter().map(|part| match part.split_once('=') {
        Some((name, value)) => Ok((name.to_ascii_uppercase(), value.to_owned())),
        None => Err(format!("parameter {part:?} has no value")),
    });
    let params = params.collect::<Result<Vec<_>, String>>()?;
    Ok(Line { name, params, value: raw[colon + 1..].to_owned() })
}

fn unquoted(text: &str, wanted: char) -> Option<usize> {
    let mut quoted = false;
    text.char_indices().find_map(|(at, char)| {
        if char == '"' {
            quoted = !quoted;
        }
        (char == wanted && !quoted).then_some(at)
    })
}

fn fold(line: &str) -> String {
    let mut out = String::with_capacity(line.len() + 8);
    let mut octets = 0;
    for char in line.chars() {
        if octets + char.len_utf8() > 75 {
            out.push_str("\r\n ");
            octets = 1;
        }
        out.push(char);
        octets += char.len_utf8();
    }
    out.push_str("\r\n");
    out
}
