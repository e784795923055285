//! Servers of which facts were collected in several places.

use super::{EndpointSummary, Endpoints};
use crate::diagnosis::facts::Facts;

impl Facts for EndpointSummary {
    fn merge(&mut self, other: Self) {
        self.outcomes.merge(other.outcomes);
        self.troubles.merge(other.troubles);
        let first_troubles = [self.first_trouble, other.first_trouble];
        self.first_trouble = first_troubles.into_iter().flatten().min();
        self.last_trouble = self.last_trouble.max(other.last_trouble);
        self.troubled_examples.merge(other.troubled_examples);
        self.unfinished.merge(other.unfinished);
        self.folded_before.merge(other.folded_before);
        let first_failures = [self.first_failure, other.first_failure];
        self.first_failure = first_failures.into_iter().flatten().min();
        self.last_failure = self.last_failure.max(other.last_failure);
        self.answer_times.merge(other.answer_times);
        self.over_time.merge(other.over_time);
        self.examples.merge(other.examples);
        self.clients.merge(other.clients);
    }
}

impl Facts for Endpoints {
    fn merge(&mut self, other: Self) {
        self.steps = self.steps.min(other.steps);
        self.clients_of_one = self.clients_of_one.min(other.clients_of_one);
        self.left_out += other.left_out;
        for (server, others) in other.by_server {
            let steps = self.steps;
            let new = || EndpointSummary::new(server, steps);
            let endpoint = self.by_server.entry(server).or_insert_with(new);
            endpoint.merge(others);
        }
        for endpoint in self.by_server.values_mut() {
            endpoint.over_time.limit_to(self.steps);
            endpoint.clients.limit_to(self.clients_of_one);
        }
        self.limit_steps();
        self.count_clients();
        self.make_room();
    }
}
