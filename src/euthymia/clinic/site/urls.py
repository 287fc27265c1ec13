from django.urls import path

from euthymia.clinic.site import views

urlpatterns = [
    path("", views.home, name="home"),
    path("learn/", views.learn, name="learn"),
    path("learn/<slug:slug>/", views.article, name="article"),
    path("self-check/", views.self_check, name="self-check"),
    path("self-check/<slug:instrument>/", views.self_check_form, name="self-check-form"),
    path("ready/", views.enquire, name="enquire"),
    path("ready/thanks/", views.enquire_thanks, name="enquire-thanks"),
    path("help/", views.crisis, name="crisis"),
    path("about/", views.about, name="about"),
    path("language/", views.set_language, name="set-language"),
]
