-- Applied to the monolith's and the service's database with :table set to inventory or stock_level. Idempotent.
create table if not exists :table (
  item_id bigint primary key,
  sku text not null,
  quantity int not null check (quantity >= 0),
  reserved int not null check (reserved >= 0),
  version bigint not null,
  updated_at timestamptz not null
);
alter table :table replica identity full;

create table if not exists reservation (
  order_id uuid primary key,
  item_id bigint not null,
  quantity int not null,
  state text not null, -- held | consumed | released
  at timestamptz not null default now()
);

create table if not exists applied_offset (
  topic text not null,
  partition int not null,
  next_offset bigint not null,
  primary key (topic, partition)
);


create table if not exists cdc_heartbeat (id int primary key, ts timestamptz not null);
insert into cdc_heartbeat values (1, now()) on conflict do nothing;

-- The ledger of captured changes: what CDC must bring, counted where it is written. Changes under a replication origin
-- are left out of it, as they are left out of CDC.
create table if not exists cdc_ledger (item_id bigint not null, version bigint not null, at timestamptz not null default clock_timestamp());
create or replace function record_change() returns trigger language plpgsql security definer set search_path = public as $$
begin
  if not pg_replication_origin_session_is_setup() then
    insert into cdc_ledger (item_id, version) values (coalesce(new.item_id, old.item_id), coalesce(new.version, old.version));
  end if;
  return null;
end $$;
create or replace trigger record_change after insert or update or delete on :table for each row execute function record_change();
