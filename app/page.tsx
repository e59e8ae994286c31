export default function Page() {
  return <main>ATOM</main>;
}
