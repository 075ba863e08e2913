create table if not exists orders (
  order_id uuid primary key,
  item_id bigint not null,
  quantity int not null,
  owner text not null,
  state text not null, -- placed | confirmed | cancelled
  created_at timestamptz not null default now(),
  ended_at timestamptz
);
create index if not exists orders_open on orders (created_at) where state = 'placed';

create table if not exists transfers (
  transfer_id uuid primary key,
  from_item bigint not null,
  to_item bigint not null,
  quantity int not null,
  from_owner text not null,
  to_owner text not null,
  state text not null, -- debiting | crediting | refunding | completed | cancelled
  created_at timestamptz not null default now(),
  ended_at timestamptz
);
create index if not exists transfers_open on transfers (created_at) where ended_at is null;
