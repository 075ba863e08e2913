export default function Board() {
  return <main>Banyan</main>;
}
