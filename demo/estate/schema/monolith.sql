create table if not exists products (item_id bigint primary key, name text not null, price numeric(12,2) not null);
create table if not exists orders (order_id uuid primary key, item_id bigint not null, quantity int not null, at timestamptz not null default now());
