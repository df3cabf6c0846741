//! Title templates.

use kalends_core::graph::DetailLevel::{Busy, Full, Title};
use kalends_core::template::{TemplateError, check, render};

#[test]
fn templates_show_the_title_where_the_level_does() {
    assert_eq!(render(None, "Therapy", Busy), "Busy");
    assert_eq!(render(None, "Therapy", Title), "Therapy");
    assert_eq!(render(Some("Away"), "Therapy", Full), "Away");
    assert_eq!(render(Some("[w] {title}!"), "Therapy", Title), "[w] Therapy!");
    assert_eq!(render(Some("{{{title}}}"), "{title}", Full), "{{title}}");
}

#[test]
fn at_busy_no_template_reveals_anything() {
    for template in ["{title}", "x {title}", "{title", "{{{title}}}"] {
        let one = render(Some(template), "Therapy", Busy);
        assert_eq!(one, render(Some(template), "Lunch", Busy));
        assert!(!one.contains("Therapy"));
    }
    assert_eq!(render(Some("[w] {title}"), "Therapy", Busy), "[w] Busy");
}

#[test]
fn bad_templates_are_refused() {
    assert_eq!(check("Away", Busy), Ok(()));
    assert_eq!(check("{{x}} {title}", Title), Ok(()));
    assert_eq!(check("{title}", Busy), Err(TemplateError::Hidden));
    assert_eq!(check(" ", Busy), Err(TemplateError::Empty));
    assert_eq!(check("a\nb", Full), Err(TemplateError::Control));
    assert_eq!(check(&"x".repeat(257), Full), Err(TemplateError::TooLong));
    assert_eq!(check("{description}", Full), Err(TemplateError::Unknown("description".into())));
    for template in ["{title", "title}", "{", "}", "{ {title}"] {
        assert_eq!(check(template, Full), Err(TemplateError::Brace), "{template}");
    }
}
