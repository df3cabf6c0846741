//! Conversions from and to the rrule crate's rules, behind the feature `rrule`.

use std::fmt::Write as _;

use rrule::{NWeekday, RRule, Unvalidated};

use crate::{Rule, RuleError, Weekday};

/// Why a rule cannot be said in the other crate's types.
#[derive(Debug, thiserror::Error)]
pub enum ConvertError {
    /// The rrule crate refuses the rule.
    #[error("change the rule, the rrule crate refuses it: {0}")]
    Refused(String),
    /// This crate refuses the rule.
    #[error(transparent)]
    Rule(#[from] RuleError),
}

impl TryFrom<&Rule> for RRule<Unvalidated> {
    type Error = ConvertError;

    /// The same rule; an error for what that crate cannot read, such as INTERVAL above 65,535.
    fn try_from(rule: &Rule) -> Result<Self, ConvertError> {
        let refused = |error: rrule::RRuleError| ConvertError::Refused(error.to_string());
        rule.normalized().parse().map_err(refused)
    }
}

impl TryFrom<&RRule<Unvalidated>> for Rule {
    type Error = ConvertError;

    /// The same rule, written by us: that crate's own writing loses numbers of BYDAY. Only from a
    /// rule not yet validated: validation hides days counted from the end of the month.
    fn try_from(rule: &RRule<Unvalidated>) -> Result<Self, ConvertError> {
        let mut text = format!("FREQ={}", rule.get_freq());
        push(&mut text, "INTERVAL", [rule.get_interval()]);
        push(&mut text, "COUNT", rule.get_count());
        let until = rule.get_until().map(|until| until.to_utc().format("%Y%m%dT%H%M%SZ"));
        push(&mut text, "UNTIL", until);
        push(&mut text, "WKST", [code(rule.get_week_start())]);
        push(&mut text, "BYMONTH", rule.get_by_month());
        push(&mut text, "BYWEEKNO", rule.get_by_week_no());
        push(&mut text, "BYYEARDAY", rule.get_by_year_day());
        push(&mut text, "BYMONTHDAY", rule.get_by_month_day());
        push(&mut text, "BYDAY", rule.get_by_weekday().iter().map(day));
        push(&mut text, "BYHOUR", rule.get_by_hour());
        push(&mut text, "BYMINUTE", rule.get_by_minute());
        push(&mut text, "BYSECOND", rule.get_by_second());
        push(&mut text, "BYSETPOS", rule.get_by_set_pos());
        Ok(Self::parse(&text)?)
    }
}

fn day(entry: &NWeekday) -> String {
    match entry {
        NWeekday::Every(weekday) => code(*weekday).to_owned(),
        NWeekday::Nth(number, weekday) => format!("{number}{}", code(*weekday)),
    }
}

fn code(weekday: chrono::Weekday) -> &'static str {
    Weekday::ALL[weekday.num_days_from_monday() as usize].code()
}

/// Appends `;NAME=a,b`, or nothing for an empty list.
fn push<T: std::fmt::Display>(text: &mut String, name: &str, values: impl IntoIterator<Item = T>) {
    for (index, value) in values.into_iter().enumerate() {
        // Writing to a string cannot fail.
        let _ = match index {
            0 => write!(text, ";{name}={value}"),
            _ => write!(text, ",{value}"),
        };
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

    use super::*;

    #[test]
    fn a_rule_comes_back_the_same() {
        let texts = [
            "FREQ=MONTHLY;COUNT=5;BYDAY=-1FR,1MO;BYHOUR=9;BYMINUTE=0;BYSECOND=0",
            "FREQ=YEARLY;INTERVAL=2;UNTIL=20300101T000000Z;BYMONTH=3;BYMONTHDAY=-1;BYHOUR=9;BYMINUTE=0;BYSECOND=0",
        ];
        for text in texts {
            let rule = Rule::parse(text).unwrap();
            let theirs = RRule::try_from(&rule).unwrap();
            assert_eq!(Rule::try_from(&theirs).unwrap().normalized(), rule.normalized());
        }
    }
}
