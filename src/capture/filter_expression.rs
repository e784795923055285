//! What a capture filter kept out, as far as its words tell.

/// Whether a capture filter in libpcap's language lets no ICMP error pass: `tcp port 443` does not,
/// `tcp port 443 or icmp` and `host 10.0.0.7` do. Where it cannot be told, it is not said.
pub(super) fn hides_icmp_errors(expression: &str) -> bool {
    let words = words(expression);
    let mut parser = Parser {
        words: words.iter().map(String::as_str).peekable(),
        depth: 0,
        qualifier: Passes::Perhaps,
    };
    parser.alternatives() == Passes::Never && parser.words.next().is_none()
}

/// Whether an ICMP error passes a part of an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Passes {
    Never,
    Perhaps,
    Always,
}

impl Passes {
    fn not(self) -> Self {
        match self {
            Self::Never => Self::Always,
            Self::Perhaps => Self::Perhaps,
            Self::Always => Self::Never,
        }
    }
}

/// Parentheses, operators and words; what stands in brackets belongs to the word before.
fn words(expression: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut brackets = 0_u32;
    let mut characters = expression.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '[' => brackets += 1,
            ']' => brackets = brackets.saturating_sub(1),
            _ => {}
        }
        let is_unequal = character == '!' && characters.peek() == Some(&'=');
        let is_alone = "()!".contains(character) && !is_unequal;
        if brackets == 0 && (is_alone || character.is_whitespace()) {
            words.push(String::new());
            if is_alone {
                words.push(character.to_string());
                words.push(String::new());
            }
        } else if let Some(word) = words.last_mut() {
            word.push(character);
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

struct Parser<'a, Words: Iterator<Item = &'a str>> {
    words: std::iter::Peekable<Words>,
    depth: u32,
    /// Of the primitive before: `port 80 or 443` means it twice.
    qualifier: Passes,
}

impl<'a, Words: Iterator<Item = &'a str>> Parser<'a, Words> {
    /// `and` and `or` bind alike, from left to right (pcap-filter(7)).
    fn alternatives(&mut self) -> Passes {
        let mut passes = self.term();
        while let Some(operator) = self.words.next_if(|word| is_and(word) || is_or(word)) {
            let next = self.term();
            passes = if is_or(operator) {
                passes.max(next)
            } else {
                passes.min(next)
            };
        }
        passes
    }

    fn term(&mut self) -> Passes {
        /// Beyond this nobody writes parentheses.
        const DEEPEST: u32 = 50;
        let mut is_negated = false;
        while self
            .words
            .next_if(|word| matches!(*word, "not" | "!"))
            .is_some()
        {
            is_negated = !is_negated;
        }
        let passes = if self.depth < DEEPEST && self.words.next_if_eq(&"(").is_some() {
            self.depth += 1;
            let passes = self.alternatives();
            self.depth -= 1;
            self.words.next_if_eq(&")");
            passes
        } else {
            self.primitive()
        };
        if is_negated { passes.not() } else { passes }
    }

    fn primitive(&mut self) -> Passes {
        let mut words: Vec<String> = Vec::new();
        loop {
            // In arithmetic, as in `tcp[13] & (1|4) != 0`, parentheses are part of it.
            let is_arithmetic = words
                .last()
                .is_some_and(|word| word.ends_with(|end: char| "&|+-*/=<>".contains(end)));
            if is_arithmetic && self.words.next_if_eq(&"(").is_some() {
                self.words.by_ref().find(|word| *word == ")");
                words.push("0".to_owned());
            }
            let is_next =
                |word: &&str| !is_and(word) && !is_or(word) && !matches!(*word, "(" | ")" | "!");
            match self.words.next_if(is_next) {
                Some(word) => words.push(word.to_ascii_lowercase()),
                None => break,
            }
        }
        let is_value_alone = words
            .first()
            .is_some_and(|word| word.starts_with(|character: char| character.is_ascii_digit()));
        if words.len() == 1 && is_value_alone {
            return self.qualifier;
        }
        self.qualifier = judge(&words);
        self.qualifier
    }
}

fn is_and(word: &str) -> bool {
    matches!(word, "and" | "&&")
}

fn is_or(word: &str) -> bool {
    matches!(word, "or" | "||")
}

/// What a primitive such as `tcp port 443` or `tcp[tcpflags]` says about ICMP errors.
fn judge(words: &[String]) -> Passes {
    const TRANSPORTS: [&str; 9] = [
        "tcp",
        "udp",
        "sctp",
        "port",
        "portrange",
        "arp",
        "rarp",
        "esp",
        "ah",
    ];
    const PROTOCOL_NUMBERS: [&str; 4] = ["1", "58", "\\icmp", "\\icmp6"];
    let name = |word: &String| word.split(['[', ':']).next().unwrap_or_default().to_owned();
    let names: Vec<String> = words.iter().map(name).collect();
    let has = |wanted: &[&str]| {
        names
            .iter()
            .any(|name| wanted.contains(&name.trim_start_matches('\\')))
    };
    if has(&["icmp", "icmp6"]) {
        return if words.len() == 1 {
            Passes::Always
        } else {
            Passes::Perhaps
        };
    }
    if names.iter().any(|name| name == "proto") {
        let is_icmp = words
            .iter()
            .any(|word| PROTOCOL_NUMBERS.contains(&word.as_str()));
        return if is_icmp {
            Passes::Always
        } else {
            Passes::Never
        };
    }
    if has(&TRANSPORTS) {
        Passes::Never
    } else {
        Passes::Perhaps
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_that_keep_out_icmp_are_recognised() {
        for expression in [
            "tcp",
            "tcp port 443",
            "port 443",
            "host 10.0.0.7 and tcp",
            "tcp port 80 or 443",
            "tcp and (port 80 or port 443)",
            "(tcp port 80) or (udp port 53)",
            "tcp[tcpflags] & (tcp-syn|tcp-rst) != 0",
            "tcp[13] & 7 != 0",
            "(tcp[13]&(1|4)!=0) and host 10.0.0.7",
            "not icmp and not udp",
            "ip proto 6",
            "tcp port 443 or arp",
            "vlan and tcp port 443",
            "icmp and tcp",
        ] {
            assert!(hides_icmp_errors(expression), "{expression}");
        }
    }

    #[test]
    fn filters_that_let_icmp_in_are_not_accused() {
        for expression in [
            "",
            "ip",
            "host 10.0.0.7",
            "net 10.0.0.0/8",
            "tcp or icmp",
            "tcp port 443 or icmp or icmp6",
            "tcp port 443 or host 10.0.0.7",
            "not port 22",
            "not tcp port 22",
            "not (tcp port 22 or udp)",
            "!(port 22)",
            "icmp[icmptype] == icmp-unreach or tcp",
            "tcp or ip proto 1",
            "ip proto \\icmp || tcp",
            ")",
            "not not host 10.0.0.7",
        ] {
            assert!(!hides_icmp_errors(expression), "{expression}");
        }
    }

    #[test]
    fn no_expression_is_too_deep() {
        assert!(!hides_icmp_errors(&"(".repeat(100_000)));
        assert!(!hides_icmp_errors(&"not ".repeat(100_001)));
    }
}
