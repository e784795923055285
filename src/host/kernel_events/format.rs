//! What an event's `format` file says: where its fields lie, and what the numbers of a field stand
//! for. Both change from kernel to kernel, so nothing of it is known here.

use std::collections::BTreeMap;
use std::sync::Arc;

/// Where a field lies in a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) offset: usize,
    pub(super) size: usize,
}

/// The layout of an event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct EventFormat {
    /// The number that its records begin with.
    pub(super) id: u16,
    fields: BTreeMap<String, Field>,
    /// What the numbers of the field `reason` stand for.
    reasons: BTreeMap<u64, Arc<str>>,
}

/// The field whose numbers have names.
const REASON: &str = "reason";

impl EventFormat {
    /// Reads a `format` file; `None` when it does not say which event it is of.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut format = Self::default();
        let mut has_id = false;
        for line in text.lines() {
            if let Some(id) = line.strip_prefix("ID:") {
                format.id = id.trim().parse().ok()?;
                has_id = true;
            } else if let Some((name, field)) = field(line) {
                format.fields.insert(name.to_owned(), field);
            } else if let Some(words) = line.strip_prefix("print fmt:") {
                format.reasons = symbols_of(words, REASON);
            }
        }
        has_id.then_some(format)
    }

    pub(super) fn field(&self, name: &str) -> Option<Field> {
        self.fields.get(name).copied()
    }

    /// The name that the kernel gives to a reason.
    pub(super) fn reason(&self, number: u64) -> Option<&Arc<str>> {
        self.reasons.get(&number)
    }

    /// The reasons of these names, by their numbers.
    pub(super) fn numbers_of(&self, names: &[&str]) -> Vec<u64> {
        let known = self.reasons.iter();
        let those = known.filter(|(_, name)| names.contains(&&***name));
        those.map(|(number, _)| *number).collect()
    }
}

/// `field:__u8 saddr[28]; offset:32; size:28; signed:0;`, with tabs between.
fn field(line: &str) -> Option<(&str, Field)> {
    let mut parts = line.trim().split(';').map(str::trim);
    let declaration = parts.next()?.strip_prefix("field:")?;
    let mut offset = None;
    let mut size = None;
    for part in parts {
        match part.split_once(':') {
            Some(("offset", number)) => offset = number.parse().ok(),
            Some(("size", number)) => size = number.parse().ok(),
            _ => {}
        }
    }
    let name = declaration.rsplit([' ', '*']).next()?;
    let name = name.split('[').next()?;
    let (offset, size) = (offset?, size?);
    (!name.is_empty()).then_some((name, Field { offset, size }))
}

/// `__print_symbolic(REC->reason, { 2, "NOT_SPECIFIED" }, { 3, "NO_SOCKET" })`
fn symbols_of(words: &str, field: &str) -> BTreeMap<u64, Arc<str>> {
    let start = format!("__print_symbolic(REC->{field},");
    let Some((_, rest)) = words.split_once(&start) else {
        return BTreeMap::new();
    };
    let list = rest.split(')').next().unwrap_or_default();
    let pairs = list.split('{').skip(1).filter_map(|pair| {
        let (number, name) = pair.split('}').next()?.split_once(',')?;
        let name = name.trim().trim_matches('"');
        Some((number_of(number.trim())?, Arc::from(name)))
    });
    pairs.collect()
}

fn number_of(text: &str) -> Option<u64> {
    match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_and_reasons_are_read() {
        let text = "name: tcp_send_reset\nID: 2280\nformat:\n\
            \tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n\
            \n\tfield:const void * skbaddr;\toffset:8;\tsize:8;\tsigned:0;\n\
            \tfield:__u8 saddr[28];\toffset:32;\tsize:28;\tsigned:0;\n\
            \tfield:__data_loc char[] name;\toffset:20;\tsize:4;\tsigned:0;\n\
            \nprint fmt: \"reason=%s\", REC->state ? __print_symbolic(REC->state, { 7, \"X\" }) : \"\", \
            __print_symbolic(REC->reason, { 0, \"NOT_SPECIFIED\" }, { 0x1, \"NO_SOCKET\" }, { A, \"B\" })\n";
        let format = EventFormat::parse(text).unwrap();
        assert_eq!(format.id, 2280);
        let field = |offset, size| Some(Field { offset, size });
        assert_eq!(format.field("skbaddr"), field(8, 8));
        assert_eq!(format.field("saddr"), field(32, 28));
        assert_eq!(format.field("name"), field(20, 4));
        assert_eq!(format.field("daddr"), None);
        assert_eq!(
            format.reason(1).map(|name| &**name),
            Some("NO_SOCKET"),
            "{format:?}"
        );
        assert_eq!(format.reason(7), None, "of another field");
        assert_eq!(format.numbers_of(&["NO_SOCKET", "NETFILTER_DROP"]), [1]);
    }

    #[test]
    fn what_is_no_format_is_none() {
        for text in ["", "ID: x", "ID: 99999999", "name: a\nformat:\n"] {
            assert_eq!(EventFormat::parse(text), None, "{text:?}");
        }
        let odd = "ID: 1\n\tfield:;\toffset:-1;\n\tfield:int a;\toffset:x;\tsize:4;\nprint fmt: __print_symbolic(REC->reason, {{{";
        let format = EventFormat::parse(odd).unwrap();
        assert_eq!(format.field("a"), None);
    }
}
