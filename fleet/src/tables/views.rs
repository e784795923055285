//! What people ask most, as views over `attempts`.

use datafusion::error::Result;
use datafusion::prelude::SessionContext;

/// Their names, what each says, and how.
pub(crate) const VIEWS: &[(&str, &str, &str)] = &[
    (
        "failures",
        "the attempts that failed",
        "select * from attempts where outcome not in ('established', 'pending', 'partial')",
    ),
    (
        "worst_servers_per_hour",
        "per hour and server: attempts, and how many failed; servers without failures are left out",
        "select date_trunc('hour', started) as hour, server, count(*) as attempts, \
         sum(case when outcome not in ('established', 'pending', 'partial') then 1 else 0 end) as failed \
         from attempts where part_of is null group by 1, 2 \
         having sum(case when outcome not in ('established', 'pending', 'partial') then 1 else 0 end) > 0",
    ),
    (
        "newly_failing",
        "servers that fail on the last day of the captures and did not on the day before",
        "with days as (select server, date_trunc('day', started) as day, \
         sum(case when outcome not in ('established', 'pending', 'partial') then 1 else 0 end) as failed \
         from attempts where part_of is null group by 1, 2), \
         last as (select max(day) as day from days) \
         select now.server, now.failed from days as now cross join last \
         left join days as before on before.server = now.server \
         and before.day = last.day - interval '1 day' \
         where now.day = last.day and now.failed > 0 and coalesce(before.failed, 0) = 0",
    ),
    (
        "clients",
        "per client: attempts, how many failed, at how many servers",
        "select client, count(*) as attempts, \
         sum(case when outcome not in ('established', 'pending', 'partial') then 1 else 0 end) as failed, \
         count(distinct server) as servers from attempts group by 1",
    ),
];

/// Makes them known.
pub(super) async fn register(session: &SessionContext) -> Result<()> {
    for (name, _, query) in VIEWS {
        let view = format!("create or replace view {name} as {query}");
        session.sql(&view).await?;
    }
    Ok(())
}
