-- Every service's outbox and inbox. Idempotent.
create table if not exists outbox (
  seq bigint generated always as identity primary key,
  message_id uuid not null,
  topic text not null,
  key text not null,
  type text not null,
  headers jsonb not null,
  payload jsonb not null,
  created_at timestamptz not null default now(),
  sent_at timestamptz
);
create index if not exists outbox_waiting on outbox (seq) where sent_at is null;

create table if not exists processed_message (message_id text primary key, at timestamptz not null default now());

-- Who owns which items: the newest row holds. One epoch a change of the write share.
create table if not exists ownership_epoch (
  epoch bigint primary key,
  write_share double precision not null,
  at timestamptz not null default now()
);

-- Where the item lies between 0 and 1, as shareOf in ownership.ts: it belongs to the service below the write share.
create or replace function item_share(item_id bigint) returns double precision language plpgsql immutable strict as $$
declare
  hash bigint := 2166136261;
  char text;
begin
  -- Canaries stay with the monolith, whatever the share.
  if item_id >= 20000001 then return 1; end if;
  foreach char in array string_to_array(item_id::text, null) loop
    hash := ((hash # ascii(char))::numeric * 16777619) % 4294967296;
  end loop;
  hash := ((hash # (hash >> 15))::numeric * 739982445) % 4294967296;
  hash := ((hash # (hash >> 12))::numeric * 695872825) % 4294967296;
  return (hash # (hash >> 15))::double precision / 4294967296;
end $$;
