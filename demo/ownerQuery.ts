/**
 * Who owns the items, as each of the two databases says: the share of an item is compared with the newest write share.
 * The epoch of an item is the last change of the share that moved it, and `since` the transaction that wrote that down.
 */
export const OWNER_QUERY = `
  select item.key, coalesce(moved.epoch, 0) as epoch, moved.since,
    case when item.share < coalesce(now.write_share, 0) then 'target' else 'source' end as owner
  from (select key, item_share(key::bigint) as share from unnest($1::text[]) as key) item
  left join lateral (select write_share from ownership_epoch order by epoch desc limit 1) now on true
  left join lateral (
    select epoch, since from (
      select epoch, xmin::text as since, write_share, lag(write_share, 1, 0) over (order by epoch) as before
      from ownership_epoch) change
    where (item.share < change.write_share) <> (item.share < change.before) order by epoch desc limit 1) moved on true`;
