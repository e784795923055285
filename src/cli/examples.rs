//! Examples that stand in the help and the manual of each command, as they are typed.

pub(super) const LIVE: &str = "\
Examples:
  sudo tcpwhy live eth0                                on a terminal: the dashboard
  sudo tcpwhy live eth0 --plain | tee failures.txt     one line for each failure, at once
  sudo tcpwhy live -i any -F ndjson --duration 1h      for a program";

pub(super) const COMPARE: &str = "\
Examples:
  tcpwhy compare client=a.pcap fw=b.pcap server=c.pcap   where between them connects fail
  tcpwhy compare a.pcap b.pcap --evidence both.pcapng    with the packets that show it";

pub(super) const LADDER: &str = "\
Examples:
  tcpwhy ladder incident.pcap 17                       the connect that begins with packet 17
  tcpwhy ladder a.pcap b.pcap 1:25 --ascii             with packet 25 of the second file";

pub(super) const EXPLAIN: &str = "\
Examples:
  tcpwhy explain                                       the list of all terms
  tcpwhy explain closed_port                           a cause
  tcpwhy explain connect failed: Connection refused    a line of a log
  journalctl -k | tcpwhy explain -                     many lines, counted";

pub(super) const DIFF: &str = "\
Examples:
  tcpwhy diff before.json after.json                   what fails newly, and what healed
  tcpwhy diff before.json after.json -F markdown       for a pull request
  tcpwhy diff before/ after/ --fail-on worse           two directories of reports";

pub(super) const INTERFACES: &str = "\
Examples:
  tcpwhy interfaces                                    those that this user may see";

pub(super) const SCHEMA: &str = "\
Examples:
  tcpwhy schema > tcpwhy-report-1.schema.json          of the report
  tcpwhy schema compare                                of what compare writes";

pub(super) const COMPLETIONS: &str = "\
Examples:
  source <(tcpwhy completions bash)                    in ~/.bashrc
  source <(tcpwhy completions zsh)                     in ~/.zshrc, behind compinit
  tcpwhy completions fish | source                     in ~/.config/fish/config.fish";

pub(super) const MAN: &str = "\
Examples:
  tcpwhy man read | man -l -                           the page of a command
  tcpwhy man --output-dir /usr/share/man/man1          all pages, for a package";
