//! Words of a command that can be pasted.

/// The word as a POSIX shell takes it.
pub(crate) fn shell_word(word: &str) -> String {
    let is_plain = |character: char| {
        character.is_alphanumeric()
            || matches!(
                character,
                '.' | '/' | '-' | '_' | ':' | '+' | ',' | '@' | '%' | '='
            )
    };
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_where_a_shell_would_take_them_apart() {
        assert_eq!(shell_word("samples/a-1.pcap"), "samples/a-1.pcap");
        assert_eq!(shell_word("two words"), "'two words'");
        assert_eq!(shell_word("it's; rm"), "'it'\\''s; rm'");
        assert_eq!(shell_word("$(x)"), "'$(x)'");
        assert_eq!(shell_word("*.pcap"), "'*.pcap'");
        assert_eq!(shell_word(""), "''");
    }
}
