use proptest::prelude::*;

use super::*;

const SAMPLE: &str = "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n<!-- c -- > -->\
<multistatus xmlns=\"DAV:\" xmlns:C='urn:ietf:params:xml:ns:caldav'>\n\
<response a=\"1>2\" ><href>/a%20b/&amp;&#x41;</href><C:calendar-data><![CDATA[x<y]]>]&#13;\n</C:calendar-data>\
</response><x:sync-token xmlns:x=\"DAV:\">t&lt;1</x:sync-token><other xmlns=''/></multistatus>\n";

fn read(text: &[u8], limits: XmlLimits, chunk: usize) -> Result<Vec<Element>, XmlFault> {
    let mut reader = XmlReader::new(limits);
    let mut trees = Vec::new();
    for part in text.chunks(chunk.max(1)) {
        reader.push(part);
        while let Some(tree) = reader.next_tree()? {
            trees.push(tree);
        }
    }
    reader.finish()?;
    Ok(trees)
}

fn fault(text: &str) -> XmlFault {
    read(text.as_bytes(), XmlLimits::default(), 7).unwrap_err()
}

#[test]
fn a_document_cut_anywhere_reads_the_same() {
    let whole = read(SAMPLE.as_bytes(), XmlLimits::default(), SAMPLE.len()).unwrap();
    assert_eq!(whole.len(), 3);
    let response = &whole[0];
    assert!(response.is(Ns::Dav, "response"));
    assert_eq!(response.attribute("a"), Some("1>2"));
    assert_eq!(response.child(Ns::Dav, "href").unwrap().text, "/a%20b/&A");
    assert_eq!(response.child(Ns::CalDav, "calendar-data").unwrap().text, "x<y]\r\n");
    assert_eq!(whole[1].trimmed(), "t<1");
    assert!(whole[2].is(Ns::Other, "other"));
    for chunk in 1..SAMPLE.len() {
        assert_eq!(read(SAMPLE.as_bytes(), XmlLimits::default(), chunk).unwrap(), whole);
    }
}

#[test]
fn a_text_of_any_length_ends_where_the_next_tag_begins() {
    for len in 0..300 {
        let text = "é".repeat(len);
        let document = format!("<z><y>{text}</y><y>{text}<x/>&lt;</y></z>");
        let trees = read(document.as_bytes(), XmlLimits::default(), document.len()).unwrap();
        assert_eq!((&trees[0].text, &trees[1].text), (&text, &format!("{text}<")));
    }
}

#[test]
fn a_document_cut_short_anywhere_is_a_fault() {
    let end = SAMPLE.trim_end().len();
    for len in 0..end {
        let short = read(&SAMPLE.as_bytes()[..len], XmlLimits::default(), 9);
        assert!(short.is_err(), "{len}");
    }
}

#[test]
fn hostile_documents_are_refused() {
    let bomb = "<?xml version=\"1.0\"?><!DOCTYPE z [<!ENTITY a \"aaaa\">]><z>&a;</z>";
    assert_eq!(fault(bomb), XmlFault::Doctype);
    assert_eq!(fault("<z><y>&a;</y></z>"), XmlFault::Entity);
    assert_eq!(fault(&"<a>".repeat(1_000)), XmlFault::Deep);
    assert_eq!(fault("<z><y></z></y>"), XmlFault::Syntax);
    assert_eq!(fault("hello"), XmlFault::Cut);
    assert_eq!(fault("hello <z/>"), XmlFault::Syntax);
    assert_eq!(fault("<?xml version='1.0' encoding='utf-16'?><z/>"), XmlFault::Encoding);
    assert_eq!(fault("<z <y>"), XmlFault::Syntax);
    assert_eq!(fault(&format!("<z><y {}", "a".repeat(100_000))), XmlFault::Large);
    assert_eq!(fault(&format!("<z><!-- {}", "a".repeat(100_000))), XmlFault::Large);
    let wide = format!("<z><y>{}</y></z>", "<x/>".repeat(20_000));
    assert_eq!(fault(&wide), XmlFault::Large);
    let many = (0..100).map(|n| format!("a{n}='1' ")).collect::<String>();
    assert_eq!(fault(&format!("<z {many}/>")), XmlFault::Large);
}

#[test]
fn endless_text_and_endless_trees_are_refused() {
    let limits = XmlLimits { text_bytes: 1_000, tree_bytes: 3_000, ..XmlLimits::default() };
    let text = format!("<z><y>{}", "a".repeat(1_100));
    assert_eq!(read(text.as_bytes(), limits, 64), Err(XmlFault::Large));
    let raw = format!("<z><y><![CDATA[{}", "a".repeat(1_100));
    assert_eq!(read(raw.as_bytes(), limits, 64), Err(XmlFault::Large));
    let tree = format!("<z><y>{}</y></z>", format!("<x>{}</x>", "a".repeat(900)).repeat(4));
    assert_eq!(read(tree.as_bytes(), limits, 64), Err(XmlFault::Large));
}

#[test]
fn bytes_that_are_no_utf8_damage_one_tree_only() {
    let mut bytes = b"<z><y><x>a".to_vec();
    bytes.extend_from_slice(b"\xff</x></y><y><x>b</x></y></z>");
    let trees = read(&bytes, XmlLimits::default(), 3).unwrap();
    assert!(trees[0].damaged && !trees[1].damaged);
    assert_eq!(read(b"<z><\xff/></z>", XmlLimits::default(), 3), Err(XmlFault::Encoding));
}

#[test]
fn a_tree_is_given_as_soon_as_it_is_whole_and_nothing_is_kept() {
    let mut reader = XmlReader::new(XmlLimits::default());
    reader.push(b"<m xmlns='DAV:'>");
    for _ in 0..50_000 {
        reader.push(b"<response><href>/x</href></response>");
        assert!(reader.next_tree().unwrap().is_some());
        assert!(reader.next_tree().unwrap().is_none());
        assert!(reader.is_empty());
    }
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), chunk in 1_usize..9) {
        let _ = read(&bytes, XmlLimits::default(), chunk);
    }

    #[test]
    fn no_markup_panics_and_chunks_do_not_matter(
        parts in proptest::collection::vec(
            prop_oneof![
                Just("<a>"), Just("</a>"), Just("<b c='d'/>"), Just("<![CDATA["), Just("]]>"),
                Just("<!--"), Just("-->"), Just("&amp;"), Just("&#0;"), Just("x"), Just("<?p"),
                Just("?>"), Just("\""), Just("<"), Just(">"), Just("<!DOCTYPE")
            ],
            0..24,
        ),
        chunk in 1_usize..9,
    ) {
        let text = format!("<r>{}", parts.concat());
        let whole = read(text.as_bytes(), XmlLimits::default(), text.len());
        let pieces = read(text.as_bytes(), XmlLimits::default(), chunk);
        prop_assert_eq!(whole, pieces);
    }

    #[test]
    fn escaped_text_reads_back(text in "[^\\r\\x00-\\x08]{0,40}") {
        let document = format!("<r><t>{}</t></r>", escape(&text));
        let trees = read(document.as_bytes(), XmlLimits::default(), 5).unwrap();
        prop_assert_eq!(&trees[0].text, &text);
    }
}
